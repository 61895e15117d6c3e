/** Hand a text to the browser as a file. */
export function saveText(text: string, name: string, type = "text/csv"): void {
  saveBlob(new Blob([text], { type }), name);
}

/** Fetch a table, since a link cannot say that it wants one, and hand it to the browser. */
export async function saveTable(path: string, name: string): Promise<void> {
  const answer = await fetch(path, { headers: { Accept: "text/csv" } });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  saveBlob(await answer.blob(), `${name}.csv`);
}

/** A cell that spreadsheets read as it is: quoted where it has to be, and never a formula. */
export function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
