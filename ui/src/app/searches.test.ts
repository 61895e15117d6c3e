// @vitest-environment node
import { parseSearchWith, stringifySearchWith } from "@tanstack/react-router";
import { describe, expect, it } from "vitest";
import { written } from "./address";
import {
  activitySearch,
  audienceSearch,
  eventSearch,
  homeSearch,
  participantsSearch,
  peopleSearch,
  personTab,
  suppressionSearch,
} from "./searches";

// As the router does it.
const parse = parseSearchWith(JSON.parse);
const format = stringifySearchWith(JSON.stringify, JSON.parse);
type Read = (search: Record<string, unknown>) => object;
const through = (read: Read, filters: object) => written(read(parse(format(written(filters)))));

const SCREENS: [string, Read, object[]][] = [
  [
    "home",
    homeSearch,
    [
      {},
      { search: "vår & höst + 50 %", status: ["live", "paused"], folder: "Care/Sweden", tag: ["a", "b c"] },
      { owner: "anna@example.com", problems: true, sort: "success_rate", view: "tiles" },
      { search: "42", folder: "true", tag: ["1", "null"], owner: "007" },
    ],
  ],
  [
    "participants",
    participantsSearch,
    [
      { status: "active,dropped_out", step: "rest,entry", search: "u1" },
      { step: "2", search: "1e3" },
    ],
  ],
  [
    "people",
    peopleSearch,
    [
      { search: "Åsa Öberg", audience: "vip" },
      { search: "0123", audience: "2026" },
    ],
  ],
  ["a person", personTab, [{}, { tab: "consent" }]],
  [
    "activity",
    activitySearch,
    [{ who: "anna@example.com", what: "change_words", journey: "welcome", refused: true }, { who: "false" }],
  ],
  ["events", eventSearch, [{ user_id: "a/b +%c@d", result: "refused" }, { user_id: "12345678901234567890" }]],
  ["blocked addresses", suppressionSearch, [{ address: "42", reason: "bounce" }]],
  ["audiences", audienceSearch, [{ search: '"quoted"' }]],
];

describe("filters in the address", () => {
  it.each(SCREENS)("of %s come back as they were", (_, read, all) => {
    for (const filters of all) expect(through(read, filters)).toEqual(filters);
  });

  it("are left out where they say nothing", () => {
    expect(format(written({ search: "", tag: [], problems: false, view: undefined }))).toBe("");
  });

  it("are taken as a person writes them", () => {
    expect(written(homeSearch(parse("?status=paused&tag=spring&problems=true")))).toEqual({
      status: ["paused"],
      tag: ["spring"],
      problems: true,
    });
    expect(written(participantsSearch(parse("?status=cancelled,active&search=42")))).toEqual({
      status: "active,cancelled",
      search: "42",
    });
    expect(written(activitySearch(parse("?refused=1&journey=welcome")))).toEqual({
      refused: true,
      journey: "welcome",
    });
  });

  it("that cannot be read are none, and are named, so that the address does not count", () => {
    const found = homeSearch(parse("?status=flying&sort=size&view=circles&problems=no"));
    expect(written(found)).toEqual({});
    expect(Object.keys(found)).toContain("status");
    expect(written(participantsSearch(parse("?status=[1,2]")))).toEqual({});
    expect(written(eventSearch(parse('?result=lost&user_id={"a":1}')))).toEqual({});
    expect(written(personTab(parse("?tab=secrets")))).toEqual({});
  });
});
