import { type ComponentType, useEffect, useState } from "react";
import { patiently } from "../api/connection";

const KEPT = "parcours.begun-anew";

function beginAnew(): void {
  // Once: an installation that lacks a part would load the page for ever.
  if (Date.now() - Number(sessionStorage.getItem(KEPT)) < 60_000) return;
  sessionStorage.setItem(KEPT, String(Date.now()));
  location.reload();
}

/**
 * A part of a screen that the first look at it does not need: it is loaded right behind, and null until it is there.
 * Where the server is away it comes when that is back.
 */
export function useLater<Props>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> | null {
  const [found, setFound] = useState<ComponentType<Props> | null>(null);
  useEffect(() => {
    let isWanted = true;
    patiently(load).then(
      (part) => isWanted && setFound(() => part),
      // The server has another build by now: what is open belongs to the former one.
      () => isWanted && beginAnew(),
    );
    return () => {
      isWanted = false;
    };
  }, [load]);
  return found;
}
