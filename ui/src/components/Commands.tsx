import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { type Asked, ConfirmDialog } from "./ConfirmDialog";

const Context = createContext<(asked: Asked) => void>(() => {});

/** Lets every screen ask before a command is given; one dialog at a time. */
export function Commands({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = useCallback(() => setAsked(null), []);
  const ask = useMemo(() => (next: Asked) => setAsked(next), []);
  return (
    <Context.Provider value={ask}>
      {children}
      {asked && (
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
