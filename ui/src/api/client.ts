import createClient, { type Middleware } from "openapi-fetch";
import { noAnswer } from "./connection";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** An answer of the server that says why not: its code, what happened, and what to do. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly body: Record<string, unknown>,
  ) {
    super(message);
    this.name = "Refused";
  }
}

/** The server did not answer: it is away, or the way to it is. */
export class Unreachable extends Error {
  constructor() {
    super("unreachable");
    this.name = "Unreachable";
  }
}

type Listener = () => void;
let signedOut: Listener = () => {};

/** Name what happens when the session is over. */
export function onSignedOut(listener: Listener): void {
  signedOut = listener;
}

/** Return what an answer that is no success says. */
export async function refusal(response: Response): Promise<Refused> {
  let body: Record<string, unknown> = {};
  try {
    body = await response.clone().json();
  } catch {
    // What is no JSON comes from something between us and the server.
  }
  if (response.status === 401) signedOut();
  const word = (name: string) => (typeof body[name] === "string" ? (body[name] as string) : "");
  const said = word("detail") || word("title") || `HTTP ${response.status}`;
  return new Refused(response.status, word("code"), said, word("hint"), body);
}

/** What a proxy says where the server behind it is away. */
const GATEWAY: ReadonlySet<number> = new Set([502, 503, 504]);

const refusals: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return;
    const isOurs = (response.headers.get("content-type") ?? "").includes("json");
    if (GATEWAY.has(response.status) && !isOurs) {
      void noAnswer();
      throw new Unreachable();
    }
    throw await refusal(response);
  },
  onError() {
    void noAnswer();
    return new Unreachable();
  },
};

/** The server speaks the language of the page. */
const language: Middleware = {
  onRequest({ request }) {
    request.headers.set("Accept-Language", document.documentElement.lang || "en");
    return request;
  },
};

export const client = createClient<paths>({ baseUrl: location.origin });
client.use(language, refusals);

/** Return the data of an answer; a refusal has been thrown before. Tables as text are fetched elsewhere. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<Exclude<T, string>> {
  return (await answer).data as Exclude<T, string>;
}
