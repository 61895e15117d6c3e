import { client, data, refusal, type Schemas, Unreachable } from "../api/client";
import type { Column } from "./table";
import { mapping } from "./table";

export type Mode = "state" | "live" | "history";
export type Checked = Schemas["ImportChecked"];

/** A chosen file, and what its columns become where it is a table. */
export interface Chosen {
  file: File;
  columns: Column[] | null;
}

function question(chosen: Chosen): string {
  const query = new URLSearchParams();
  for (const one of chosen.columns ? mapping(chosen.columns).column : []) query.append("column", one);
  return query.toString();
}

const typeOf = (chosen: Chosen) => (chosen.columns ? "text/csv" : "application/x-ndjson");

/** Send a file and tell how much of it has left; `fetch` cannot tell that. */
function send<T>(method: string, path: string, chosen: Chosen, sent: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    request.setRequestHeader("Content-Type", typeOf(chosen));
    request.upload.onprogress = (event) => event.lengthComputable && sent(event.loaded / event.total);
    request.onerror = () => reject(new Unreachable());
    request.setRequestHeader("Accept-Language", document.documentElement.lang || "en");
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText) as T);
      else refusal(new Response(request.responseText, { status: request.status })).then(reject, reject);
    };
    request.send(chosen.file);
  });
}

/** Look at a file as it would be loaded; nothing of it is kept. */
export function check(chosen: Chosen, sent: (share: number) => void): Promise<Checked> {
  return send("POST", `/api/imports/check?${question(chosen)}`, chosen, sent);
}

/** Begin an import; answers with its number when the file has arrived, and it goes on by itself. */
export async function start(chosen: Chosen, mode: Mode, sent: (share: number) => void): Promise<number> {
  const { file } = chosen;
  const load = await data(
    client.POST("/api/imports", { body: { name: file.name.slice(0, 200), mode, bytes: file.size } }),
  );
  await send("PUT", `/api/imports/${load.id}/data?wait=false&${question(chosen)}`, chosen, sent);
  return load.id;
}
