import { useEffect, useState } from "react";
import { noAnswer, onReturn } from "./connection";
import type { LiveNumbers } from "./types";

export type Stream = "waiting" | "on" | "trouble" | "gone";

/** Listen to the numbers of a journey; the browser comes back by itself when the stream breaks. */
export function useLive(key: string): { numbers: LiveNumbers | null; stream: Stream } {
  const [numbers, setNumbers] = useState<LiveNumbers | null>(null);
  const [stream, setStream] = useState<Stream>("waiting");
  useEffect(() => {
    setNumbers(null);
    setStream("waiting");
    let source: EventSource | null = null;
    let later: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      source = new EventSource(`/api/journeys/${encodeURIComponent(key)}/live`);
      source.addEventListener("numbers", (event) => {
        setNumbers(JSON.parse(event.data));
        setStream("on");
      });
      source.addEventListener("trouble", () => setStream("trouble"));
      source.addEventListener("gone", () => {
        setStream("gone");
        source?.close();
      });
      source.onerror = () => {
        setStream("trouble");
        void noAnswer();
        // A refused connection ends an EventSource for good; a broken one comes back by itself.
        if (source?.readyState === EventSource.CLOSED) later = setTimeout(open, 2000);
      };
    };
    open();
    // Not at the next try of the browser, but now.
    const stop = onReturn(() => {
      if (source?.readyState === EventSource.OPEN) return;
      clearTimeout(later);
      source?.close();
      open();
    });
    return () => {
      stop();
      clearTimeout(later);
      source?.close();
    };
  }, [key]);
  return { numbers, stream };
}
