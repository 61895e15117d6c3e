import { expect, test } from "vitest";
import { fromWhere, keyOf, newRow, opsFor, readIds, toWhere, toYaml, type Where } from "./condition";

const fields = new Map([
  ["plan", ["string"]],
  ["age", ["number"]],
  ["vip", ["boolean"]],
]);
const properties = () => new Map([["total", ["number"]]]);
const there = (where: Where) => {
  const friendly = fromWhere(where);
  return friendly && toWhere(friendly, fields, properties);
};

test.each<Where>([
  { field: "profile.plan", is: "pro" },
  { field: "profile.age", is: 40 },
  { field: "profile.vip", is: true },
  { field: "profile.age", between: [18, 65] },
  { field: "profile.plan", in: ["pro", "team"] },
  { field: "profile.plan", exists: false },
  { field: "profile.since", within_last: "30d" },
  { field: "profile.since", before: "2026-01-01T00:00:00Z" },
  { event: "Order", at_least: 3, within: "30d", when: { field: "event.total", gt: 100 } },
  { event: "Order", at_most: 0 },
  { all: [{ audience: "a" }, { not: { audience: "b" } }] },
  {
    any: [
      { event: "Visit", exactly: 2 },
      { field: "profile.plan", starts_with: "p" },
    ],
  },
])("rows say the same as the condition that they were made from: %j", (where) => {
  expect(there(where)).toEqual(where);
});

test.each<Where>([
  { all: [{ any: [{ audience: "a" }] }] },
  { field: "participant.x", is: 1 },
  { field: "profile.plan", matches: "p.*" },
  { event: "Order", within: "36h" },
  { time: { weekdays: ["mon"] } },
  { field: "profile.since", before: "2026-01-01T12:00:00Z" },
])("what rows cannot say is for the text: %j", (where) => {
  expect(fromWhere(where)).toBeNull();
});

test("nothing is asked before a row is complete", () => {
  expect(toWhere({ join: "all", rows: [] }, fields, properties)).toBeNull();
  expect(toWhere({ join: "all", rows: [newRow("field")] }, fields, properties)).toBeNull();
  expect(toWhere({ join: "all", rows: [newRow("event")] }, fields, properties)).toBeNull();
});

test("a number is compared with numbers, a text with texts", () => {
  const row = { ...newRow("field"), field: "plan", op: "is", value: "10" } as never;
  expect(toWhere({ join: "all", rows: [row] }, fields, properties)).toEqual({
    field: "profile.plan",
    is: "10",
  });
  expect(opsFor(["number"])).not.toContain("starts_with");
  expect(opsFor(["string", "null"])).not.toContain("gt");
});

test("a condition becomes text that reads as YAML", () => {
  const where = {
    all: [
      { field: "profile.plan", in: ["pro", "yes", "10"] },
      { event: "Order Completed", at_least: 3, within: "30d", when: { field: "event.total", gt: 100 } },
    ],
  };
  expect(toYaml(where).trim()).toBe(
    `all:
  - field: profile.plan
    in: [pro, "yes", "10"]
  - event: Order Completed
    at_least: 3
    within: 30d
    when:
      field: event.total
      gt: 100`,
  );
});

test("a key is made of a name", () => {
  expect(keyOf("Köpte förra året!")).toBe("kopte-forra-aret");
  expect(keyOf("  ")).toBe("");
});

test.each([
  ["anna\nbo\n\nanna", ["anna", "bo"], 1, 0],
  ["anna, bo; x", ["anna", "bo", "x"], 0, 0],
  ["name;userId\nAnna;a1\nBo;\n", ["a1"], 0, 1],
  ['{"userId":"a"}\n{"user_id":"b"}\n{', ["a", "b"], 0, 1],
  ['\ufeffuser_id\n"x1"\r\nx2', ["x1", "x2"], 0, 0],
])("ids are read from what was pasted: %j", (text, ids, repeated, bad) => {
  expect(readIds(text)).toEqual({ ids, repeated, bad });
});
