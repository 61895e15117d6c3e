import { useRouter } from "@tanstack/react-router";
import { useCallback } from "react";

/**
 * Tell whether this screen is still wanted. What it does late, like a search that waits for the last letter, may not
 * call somebody back who has already left for another one that is being loaded.
 */
export function useStillHere(path: string): () => boolean {
  const router = useRouter();
  return useCallback(() => router.state.location.pathname === path, [router, path]);
}
