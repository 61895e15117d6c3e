import { expect, test } from "vitest";
import { guess, isTable, lineOf, mapping, readHead } from "./table";

test("a table is read with quotes, separators and ends of lines of its own", () => {
  const found = readHead('\ufeffid;"First ""name""";age\r\na1;"Anna; Maria";40\r\n\r\na2;"two\nlines";41');
  expect(found.header).toEqual(["id", 'First "name"', "age"]);
  expect(found.rows).toEqual([
    ["a1", "Anna; Maria", "40"],
    ["a2", "two\nlines", "41"],
  ]);
});

test("only the first rows are read", () => {
  expect(readHead(`a,b\n${"1,2\n".repeat(100)}`, 3).rows).toHaveLength(3);
  expect(readHead("").header).toEqual([]);
});

test("columns are guessed by name and by what stands in them", () => {
  const rows = [["a1", "x@example.com", "40", "0123", "yes", ""]];
  const found = guess(["user_id", "E-post", "Age", "Postal code", "VIP", ""], rows);
  expect(found.map((one) => [one.use, one.trait, one.kind])).toEqual([
    ["person", "", "text"],
    ["attribute", "email", "text"],
    ["attribute", "age", "number"],
    ["attribute", "postal_code", "text"],
    ["attribute", "vip", "boolean"],
    ["none", "", "text"],
  ]);
  expect(mapping(found)).toEqual({
    column: [
      "user_id=userId",
      "E-post=email:text",
      "Age=age:number",
      "Postal code=postal_code:text",
      "VIP=vip:boolean",
    ],
    problem: null,
  });
});

test("what a mapping lacks is named", () => {
  const [id, email] = guess(["id", "email"], []);
  if (!id || !email) throw new Error("no columns");
  expect(mapping([email]).problem).toBe("person");
  expect(mapping([id, { ...email, trait: "" }]).problem).toBe("trait");
  expect(mapping([id, email, email]).problem).toBe("twice");
});

test("files are told apart by name, else by how they begin", () => {
  expect(isTable("people.csv", "{")).toBe(true);
  expect(isTable("feed.jsonl", "a,b")).toBe(false);
  expect(isTable("people", "a,b")).toBe(true);
});

test("the place of a line", () => {
  expect(lineOf("import 7:12 timestamp")).toEqual({ line: 12, field: "timestamp" });
  expect(lineOf("line:3")).toEqual({ line: 3, field: "" });
  expect(lineOf("import 7")).toEqual({ line: null, field: "import 7" });
});
