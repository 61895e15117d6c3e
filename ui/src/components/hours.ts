/** What becomes due in the hours to come, hour by hour: plain data for a table. */

export interface Later {
  step: string;
  /** How many whole hours from now, from 0. */
  hour: number;
  people: number;
  messages: number;
}

export interface Hour {
  hour: number;
  people: number;
  messages: number;
  steps: { step: string; people: number; messages: number }[];
}

/** One row for each hour in which anything is due; steps with most first. */
export function hoursOf(rows: readonly Later[]): Hour[] {
  const found = new Map<number, Hour>();
  for (const { hour, step, people, messages } of rows) {
    if (people + messages === 0) continue;
    const one = found.get(hour) ?? { hour, people: 0, messages: 0, steps: [] };
    one.people += people;
    one.messages += messages;
    const at = one.steps.find((other) => other.step === step);
    if (at) {
      at.people += people;
      at.messages += messages;
    } else one.steps.push({ step, people, messages });
    found.set(hour, one);
  }
  const hours = [...found.values()].sort((one, other) => one.hour - other.hour);
  for (const one of hours)
    one.steps.sort((a, b) => b.people + b.messages - (a.people + a.messages) || (a.step < b.step ? -1 : 1));
  return hours;
}

/** An hour to come as a clock shows it, from an instant in milliseconds. */
export function clock(hour: number, from: number, language: string): string {
  const told = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  return told.formatRange(from + hour * 3_600_000, from + (hour + 1) * 3_600_000);
}
