import { createTheme, MantineProvider, mergeThemeOverrides } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import i18next from "i18next";
import { lazy, Suspense, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { onSignedOut, Refused } from "../api/client";
import { ME, useMe } from "../api/queries";
import { useLater } from "../components/later";
import { Trouble } from "../components/Trouble";
import { Connection } from "./Connection";
import { queries } from "./queryClient";
import { router } from "./router";
import { isLanguage, speak } from "./texts";
import { theme } from "./theme";

const loadMessages = async () => (await import("./Messages")).Messages;
const SignIn = lazy(() => import("./SignIn"));

// What the server says comes in another language then, too.
i18next.on("languageChanged", () => void queries.invalidateQueries());

onSignedOut(() => {
  if (queries.getQueryData(["me"]) !== undefined) void queries.resetQueries({ queryKey: ["me"] });
});

/** Ask for what the first screen needs at once, not one after the other: who it is, and the screen's own code. */
export function begin(): void {
  void queries.prefetchQuery(ME);
  void router.load();
}

export function App() {
  const { t } = useTranslation();
  // Notices come from many places; the button that closes them has its name here.
  const dismiss = t("app.dismiss");
  const named = useMemo(() => {
    const closeButtonProps = { "aria-label": dismiss };
    const components = { Notification: { defaultProps: { closeButtonProps } } };
    return mergeThemeOverrides(theme, createTheme({ components }));
  }, [dismiss]);
  return (
    <MantineProvider theme={named} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Told />
        <Connection />
        <Door />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** What is said before this is loaded waits for it. */
function Told() {
  const Messages = useLater(loadMessages);
  return Messages && <Messages />;
}

/** Nobody signed in: the form. Somebody: the application, in the language that person chose. */
function Door() {
  const me = useMe();
  const language = me.data?.language;
  useEffect(() => {
    if (isLanguage(language) && localStorage.getItem("parcours.language") === null) void speak(language);
  }, [language]);
  if (me.error instanceof Refused && me.error.status === 401)
    return (
      <Suspense>
        <SignIn />
      </Suspense>
    );
  if (me.isError && !me.data) return <Trouble error={me.error} again={() => me.refetch()} />;
  if (!me.data) return null;
  return <RouterProvider router={router} />;
}
