import { Loader, Portal, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { isAway, onChange, onReturn } from "../api/connection";

export function useAway(): boolean {
  return useSyncExternalStore(onChange, isAway);
}

/** Says calmly that the server is away, over whatever is shown, which stays; and looks at all anew when it is back. */
export function Connection() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const away = useAway();
  useEffect(() => onReturn(() => void queries.invalidateQueries()), [queries]);
  return (
    <Portal>
      <div role="status" className="connection" data-away={away || undefined}>
        {away && (
          <>
            <Loader size="xs" aria-hidden />
            <div>
              <Text fw={650} size="sm">
                {t("trouble.unreachable")}
              </Text>
              <Text size="sm">{t("trouble.kept")}</Text>
            </div>
          </>
        )}
      </div>
    </Portal>
  );
}
