import { describe, expect, it } from "vitest";
import { clock, hoursOf } from "./hours";

describe("hoursOf", () => {
  it("adds up what is due in an hour, over steps and versions, and leaves hours out in which nothing is", () => {
    expect(
      hoursOf([
        { step: "rest", hour: 5, people: 3, messages: 0 },
        { step: "ask", hour: 1, people: 2, messages: 0 },
        { step: "mail", hour: 5, people: 0, messages: 40 },
        { step: "rest", hour: 5, people: 4, messages: 0 },
        { step: "none", hour: 7, people: 0, messages: 0 },
      ]),
    ).toEqual([
      { hour: 1, people: 2, messages: 0, steps: [{ step: "ask", people: 2, messages: 0 }] },
      {
        hour: 5,
        people: 7,
        messages: 40,
        steps: [
          { step: "mail", people: 0, messages: 40 },
          { step: "rest", people: 7, messages: 0 },
        ],
      },
    ]);
  });
});

describe("clock", () => {
  it("says when an hour begins and ends as the language writes it", () => {
    const noon = new Date(2026, 4, 1, 12, 15).getTime();
    expect(clock(2, noon, "sv")).toMatch(/14:15.15:15/);
  });
});
