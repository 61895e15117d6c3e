import { client, data, Refused, type Schemas } from "./client";

export type Saved = Schemas["DraftAnswer"];

/** Save a journey file: as a new journey, or where there is one of its key, as its next draft. */
export async function bringIn(file: File, journey?: string): Promise<Saved> {
  const text = await file.text();
  const type = file.name.endsWith(".json") ? "application/json" : "application/yaml";
  const sent = {
    body: text as never,
    bodySerializer: (body: unknown) => body as string,
    headers: { "Content-Type": type },
  };
  if (journey === undefined) {
    try {
      return await data<Saved>(client.POST("/api/journeys", sent as never) as never);
    } catch (error) {
      const key = /^["']?journey["']?\s*:\s*["']?([A-Za-z0-9_-]+)/m.exec(text)?.[1];
      if (!(error instanceof Refused) || error.code !== "journey_exists" || key === undefined) throw error;
      return bringIn(file, key);
    }
  }
  const params = { path: { key: journey } };
  const header = await draftHeader(journey);
  return data<Saved>(
    client.PUT("/api/journeys/{key}/draft", {
      ...sent,
      params,
      headers: { ...sent.headers, ...header },
    } as never) as never,
  );
}

async function draftHeader(key: string): Promise<Record<string, string>> {
  try {
    const draft = await data(client.GET("/api/journeys/{key}/draft", { params: { path: { key } } }));
    return { "If-Match": draft.etag };
  } catch (error) {
    if (error instanceof Refused && error.code === "no_draft") return { "If-None-Match": "*" };
    throw error;
  }
}
