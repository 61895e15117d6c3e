import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { client, data } from "./client";
import type { Command, CommandAnswer } from "./types";

/** What the list of journeys is filtered by; kept in the address of the page. */
export interface JourneyFilter {
  search?: string;
  status?: ("draft" | "live" | "paused" | "closed" | "stopped" | "finished")[];
  folder?: string;
  tag?: string[];
  owner?: string;
  problems?: boolean;
  sort?: "name" | "changed" | "entered" | "inside" | "completed" | "success_rate";
}

/** Who is signed in. */
export const ME = queryOptions({
  queryKey: ["me"],
  queryFn: () => data(client.GET("/api/me")),
  staleTime: 60_000,
  retry: false,
});

export function useMe() {
  return useQuery(ME);
}

/** As many rows as a screen shows, and some more: the next ones come when somebody gets near them. */
const ROWS = 60;

/** The list of journeys; asked for while the screen that shows it is still on its way, so it holds for a moment. */
export const journeysOf = (filter: JourneyFilter) =>
  infiniteQueryOptions({
    queryKey: ["journeys", filter],
    queryFn: ({ pageParam }) =>
      data(
        client.GET("/api/journeys", {
          params: { query: { ...(filter as object), only_legal: true, limit: ROWS, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 2000,
  });

export function useJourneys(filter: JourneyFilter) {
  return useInfiniteQuery({
    ...journeysOf(filter),
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
  });
}

export function useFacets() {
  return useQuery({
    queryKey: ["facets"],
    queryFn: () => data(client.GET("/api/journey-facets")),
    staleTime: 30_000,
  });
}

export function useJourney(key: string) {
  return useQuery({
    queryKey: ["journey", key],
    queryFn: () => data(client.GET("/api/journeys/{key}", { params: { path: { key } } })),
    refetchInterval: (query) => (query.state.data?.settling ? 1000 : 5000),
  });
}

export function useVersion(key: string, version: number | null) {
  return useQuery({
    queryKey: ["version", key, version],
    enabled: version !== null,
    queryFn: () =>
      data(
        client.GET("/api/journeys/{key}/versions/{version}", {
          params: { path: { key, version: version ?? 1 } },
        }),
      ),
  });
}

export function useProblems(key: string) {
  return useQuery({
    queryKey: ["problems", key],
    queryFn: () => data(client.GET("/api/journeys/{key}/problems", { params: { path: { key } } })),
  });
}

export function useSending() {
  return useQuery({
    queryKey: ["sending"],
    queryFn: () => data(client.GET("/api/sending")),
    refetchInterval: 10_000,
  });
}

export function useAlerts() {
  return useQuery({
    queryKey: ["alerts"],
    queryFn: () => data(client.GET("/api/alerts")),
    refetchInterval: 30_000,
  });
}

/** What a command is given: its choices, a reason, and whether it is only asked what it would do. */
export interface Order {
  key: string;
  command: Command;
  version?: number;
  options?: Record<string, unknown>;
  reason?: string;
  /** Keep it until then, in the journey's time zone. */
  at?: string;
}

/**
 * Give a command. Several in one go have the same `once`, so that it is carried out once; the one with `wait` is
 * answered when what a provider held at the command has ended.
 */
export function give(order: Order, dryRun: boolean, once?: string, wait = true): Promise<CommandAnswer> {
  // Every command has a path and a body of its own in the API; all of them are of this form.
  const path = `/api/journeys/{key}/commands/${order.command}` as "/api/journeys/{key}/commands/pause";
  return data(
    client.POST(path, {
      params: { path: { key: order.key }, header: once ? { "Idempotency-Key": once } : {} },
      body: {
        dry_run: dryRun,
        reason: order.reason || undefined,
        version: order.version,
        wait,
        options: order.options,
        at: order.at,
      } as never,
    }),
  ) as Promise<CommandAnswer>;
}

/** Give a command and look at everything anew that it may have changed. */
export function useGive(wait = true) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ order, once }: { order: Order; once: string }) => give(order, false, once, wait),
    // Nobody asks for a journey that was deleted: there is none any more.
    onSettled: (_, error, { order }) =>
      queries.invalidateQueries(
        order.command === "delete" && order.version === undefined && error === null
          ? { predicate: (one) => one.queryKey[1] !== order.key }
          : undefined,
      ),
  });
}
