import type { AudienceSearch } from "../audiences/Audiences";
import type { HomeSearch } from "../home/Filters";
import type { PeopleSearch } from "../journey/Participants";
import type { EventSearch } from "../people/Events";
import type { PersonSearch } from "../people/People";
import type { PersonTab } from "../people/PersonPage";
import type { SuppressionSearch } from "../settings/Suppressions";
import type { ActivitySearch } from "./Activity";
import { flag, joined, oneOf, reading, someOf, text, texts } from "./address";

// What each screen reads of its address.

export const homeSearch = reading<HomeSearch>({
  search: text,
  status: someOf(["draft", "live", "paused", "closed", "stopped", "finished"]),
  folder: text,
  tag: texts,
  owner: text,
  problems: flag,
  sort: oneOf(["name", "changed", "entered", "inside", "completed", "success_rate"]),
  view: oneOf(["tiles"]),
});

export const participantsSearch = reading<PeopleSearch>({
  status: joined(someOf(["active", "completed", "succeeded", "dropped_out", "cancelled"])),
  step: joined(texts),
  search: text,
});

export const peopleSearch = reading<PersonSearch>({ search: text, audience: text });

export const personTab = reading<PersonTab>({
  tab: oneOf(["profile", "journeys", "messages", "events", "consent"]),
});

export const activitySearch = reading<ActivitySearch>({
  who: text,
  what: text,
  journey: text,
  refused: flag,
});

export const eventSearch = reading<EventSearch>({
  user_id: text,
  result: oneOf(["taken", "repeated", "refused"]),
});

export const audienceSearch = reading<AudienceSearch>({ search: text });

export const suppressionSearch = reading<SuppressionSearch>({
  address: text,
  reason: oneOf(["bounce", "complaint", "manual", "erased"]),
});
