import { Button, Stack, Text, Title } from "@mantine/core";
import {
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  Navigate,
} from "@tanstack/react-router";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { patiently } from "../api/connection";
import { journeysOf } from "../api/queries";
import { queries } from "./queryClient";
import Shell from "./Shell";
import {
  activitySearch,
  audienceSearch,
  eventSearch,
  homeSearch,
  participantsSearch,
  peopleSearch,
  personTab,
  suppressionSearch,
} from "./searches";
import { allTexts } from "./texts";

const root = createRootRoute({ component: Shell, notFoundComponent: Missing });

function Missing() {
  const { t } = useTranslation();
  return (
    <Stack align="flex-start">
      <Title order={1} size="h2">
        {t("app.missing")}
      </Title>
      <Text>{t("app.missingHint")}</Text>
      <Button component={Link} to="/">
        {t("app.toHome")}
      </Button>
    </Stack>
  );
}

/** Each screen is loaded when it is first shown, with its texts, also where the server is away for a while. */
const screen = <T extends { default: ComponentType }>(load: () => Promise<T>) =>
  lazyRouteComponent(() => patiently(async () => (await Promise.all([load(), allTexts()]))[0]));

/** What is shown first waits for none but its own texts. */
const firstScreen = <T extends { default: ComponentType }>(load: () => Promise<T>) =>
  lazyRouteComponent(() => patiently(load));

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: firstScreen(() => import("../home/Home")),
  validateSearch: homeSearch,
  loaderDeps: ({ search: { view: _, ...filter } }) => filter,
  loader: ({ deps }) => void queries.prefetchInfiniteQuery(journeysOf(deps)),
});
const journey = createRoute({
  getParentRoute: () => root,
  path: "/journeys/$key",
  component: screen(() => import("../journey/JourneyPage")),
  validateSearch: (search: Record<string, unknown>): { version?: number } =>
    Number(search.version) > 0 ? { version: Number(search.version) } : {},
});
const tabs = [
  createRoute({
    getParentRoute: () => journey,
    path: "/",
    component: screen(() => import("../journey/CanvasTab")),
  }),
  createRoute({
    getParentRoute: () => journey,
    path: "participants",
    component: screen(() => import("../journey/Participants")),
    validateSearch: participantsSearch,
  }),
  createRoute({
    getParentRoute: () => journey,
    path: "participants/$userId",
    component: screen(() => import("../journey/Person")),
  }),
  createRoute({
    getParentRoute: () => journey,
    path: "reports",
    component: screen(() => import("../journey/Reports")),
  }),
  createRoute({
    getParentRoute: () => journey,
    path: "messages",
    component: screen(() => import("../journey/Messages")),
  }),
  createRoute({
    getParentRoute: () => journey,
    path: "activity",
    component: screen(() => import("../journey/ActivityTab")),
    validateSearch: activitySearch,
  }),
  createRoute({
    getParentRoute: () => journey,
    path: "settings",
    component: screen(() => import("../journey/SettingsTab")),
  }),
] as const;
/** The publish plan has the whole page: with the number of the draft it can be linked to. */
const plans = (["/journeys/$key/plan", "/journeys/$key/plan/$version"] as const).map((path) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: screen(() => import("../plan/PlanPage")),
    validateSearch: (search: Record<string, unknown>): { people?: "stay" | "move" } =>
      search.people === "stay" || search.people === "move" ? { people: search.people } : {},
  }),
);
const activity = createRoute({
  getParentRoute: () => root,
  path: "/activity",
  component: screen(() => import("./Activity")),
  validateSearch: activitySearch,
});
const mailbox = createRoute({
  getParentRoute: () => root,
  path: "/mailbox",
  component: screen(() => import("./MailboxPage")),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: screen(() => import("../settings/SettingsPage")),
});
const places = [
  createRoute({
    getParentRoute: () => settings,
    path: "/",
    component: screen(() => import("../settings/Account")),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: "users",
    component: screen(() => import("../settings/Users")),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: "keys",
    component: screen(() => import("../settings/Keys")),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: "subscriptions",
    component: screen(() => import("../settings/Subscriptions")),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: "senders",
    component: screen(() => import("../settings/Senders")),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: "suppressions",
    component: screen(() => import("../settings/Suppressions")),
    validateSearch: suppressionSearch,
  }),
  createRoute({
    getParentRoute: () => settings,
    path: "rules",
    component: screen(() => import("../settings/Rules")),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: "retention",
    component: screen(() => import("../settings/Retention")),
  }),
] as const;

/** Where the first administrator was made: whoever is signed in has nothing to do there. */
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: () => <Navigate to="/" replace />,
});

/** People, outside of any journey: who they are, what comes of them, and the audiences they belong to. */
const people = [
  createRoute({
    getParentRoute: () => root,
    path: "/people",
    component: screen(() => import("../people/People")),
    validateSearch: peopleSearch,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/people/$userId",
    component: screen(() => import("../people/PersonPage")),
    validateSearch: personTab,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/events",
    component: screen(() => import("../people/Events")),
    validateSearch: eventSearch,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/imports",
    component: screen(() => import("../imports/Imports")),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/imports/new",
    component: screen(() => import("../imports/NewImport")),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/imports/$number",
    component: screen(() => import("../imports/ImportPage")),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/audiences",
    component: screen(() => import("../audiences/Audiences")),
    validateSearch: audienceSearch,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/new-audience",
    component: screen(() => import("../audiences/NewAudience")),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/audiences/$key",
    component: screen(() => import("../audiences/AudiencePage")),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    journey.addChildren([...tabs]),
    ...plans,
    activity,
    mailbox,
    ...people,
    setup,
    settings.addChildren([...places]),
  ]),
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
