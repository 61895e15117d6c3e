import { QueryClient } from "@tanstack/react-query";
import { Refused } from "../api/client";

/** What was asked of the server, and what it answered. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (times, error) => !(error instanceof Refused) && times < 3,
      refetchOnWindowFocus: true,
    },
  },
});
