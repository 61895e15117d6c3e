import { expect, test } from "vitest";
import { device } from "./device";

test("a browser is called by its own name, not by those whose it also gives", () => {
  const edge =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0";
  expect(device(edge)).toBe("Edge, Windows");
  expect(device("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_2) AppleWebKit/605 Version/17 Safari/605")).toBe(
    "Safari, macOS",
  );
  expect(device("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537 Chrome/120 Mobile Safari/537")).toBe(
    "Chrome, Android",
  );
});

test("of what says nothing nothing is said", () => {
  expect(device("curl/8.5.0")).toBe("");
});
