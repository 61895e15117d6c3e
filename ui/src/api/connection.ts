/** Whether the server answers. Where it does not, it is asked again until it does, and whoever listens is told. */

const EVERY = 1500; // milliseconds between two tries

type Listener = () => void;
const changed = new Set<Listener>();
const returned = new Set<Listener>();
let away = false;
let asking = false;

async function answers(): Promise<boolean> {
  try {
    return (await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(10_000) })).ok;
  } catch {
    return false;
  }
}

function tell(next: boolean): void {
  if (next === away) return;
  away = next;
  for (const one of changed) one();
  if (!next) for (const one of returned) one();
}

/** Somebody got no answer. One that is lost means nothing; where the next stays out as well, the server is away. */
export async function noAnswer(): Promise<void> {
  if (asking) return;
  asking = true;
  try {
    while (!(await answers())) {
      tell(true);
      await new Promise((later) => setTimeout(later, EVERY));
    }
    tell(false);
  } finally {
    asking = false;
  }
}

export function isAway(): boolean {
  return away;
}

/** Be told when the server goes away or comes back; for `useSyncExternalStore`. */
export function onChange(listener: Listener): Listener {
  changed.add(listener);
  return () => changed.delete(listener);
}

/** Be told when the server is back. */
export function onReturn(listener: Listener): Listener {
  returned.add(listener);
  return () => returned.delete(listener);
}

/** Load a part of the application, however long the server is away. Throws where it answers and has no such part. */
export async function patiently<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      if (await answers()) throw error;
      await new Promise<void>((resolve) => {
        const stop = onReturn(() => {
          stop();
          resolve();
        });
        void noAnswer();
      });
    }
  }
}
