import { useNavigate } from "@tanstack/react-router";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import type { Asked } from "./ConfirmDialog";
import { isPlanned } from "./commands";
import { useLater } from "./later";

const Context = createContext<(asked: Asked) => void>(() => {});
const load = async () => (await import("./ConfirmDialog")).ConfirmDialog;

/** Lets every screen ask before a command is given; one dialog at a time. */
export function Commands({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const ConfirmDialog = useLater(load);
  const close = useCallback(() => setAsked(null), []);
  const navigate = useNavigate();
  // What a draft changes for people inside is not for a dialog: it has a page, the publish plan.
  const ask = useCallback(
    (next: Asked) =>
      isPlanned(next) ? void navigate({ to: `/journeys/${next.journey}/plan` as never }) : setAsked(next),
    [navigate],
  );
  return (
    <Context.Provider value={ask}>
      {children}
      {asked && ConfirmDialog && (
        <ConfirmDialog
          key={`${asked.journey} ${asked.command}`}
          asked={asked}
          close={close}
          instead={(command) => setAsked({ ...asked, command })}
        />
      )}
    </Context.Provider>
  );
}

export function useAsk() {
  return useContext(Context);
}
