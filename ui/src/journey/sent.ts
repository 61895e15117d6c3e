import { useQuery } from "@tanstack/react-query";
import { client, data } from "../api/client";

const NONE: never[] = [];

/** What became of the messages of a journey, by step. They are counted anew each time, so not every second. */
export function useSent(key: string, isAsked: boolean) {
  const found = useQuery({
    queryKey: ["sent", key],
    enabled: isAsked,
    queryFn: () => data(client.GET("/api/journeys/{key}/report/messages", { params: { path: { key } } })),
    refetchInterval: 15_000,
    retry: false,
  });
  return Array.isArray(found.data) ? found.data : NONE;
}
