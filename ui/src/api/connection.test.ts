import { afterEach, expect, test, vi } from "vitest";
import { isAway, noAnswer, onReturn, patiently } from "./connection";

/** The server, as far as it is asked whether it is there: away for some questions. */
function serverAwayFor(times: number) {
  let left = times;
  vi.stubGlobal("fetch", async () => {
    if (left-- > 0) throw new TypeError("Failed to fetch");
    return new Response("ok");
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("one answer that is lost means nothing", async () => {
  serverAwayFor(0);
  await noAnswer();
  expect(isAway()).toBe(false);
});

test("a server that is away is asked until it is back", async () => {
  vi.useFakeTimers();
  serverAwayFor(3);
  let back = 0;
  const stop = onReturn(() => {
    back += 1;
  });
  const asked = noAnswer();
  await vi.advanceTimersByTimeAsync(100);
  expect([isAway(), back]).toEqual([true, 0]);
  await vi.advanceTimersByTimeAsync(10_000);
  await asked;
  expect([isAway(), back]).toEqual([false, 1]);
  stop();
});

test("a part is loaded when the server is back, and its absence is told where the server is there", async () => {
  vi.useFakeTimers();
  serverAwayFor(2);
  let tries = 0;
  const loading = patiently(async () => {
    tries += 1;
    if (tries === 1) throw new TypeError("Failed to fetch dynamically imported module");
    return "part";
  });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await loading).toBe("part");
  await expect(patiently(() => Promise.reject(new Error("gone")))).rejects.toThrow("gone");
});
