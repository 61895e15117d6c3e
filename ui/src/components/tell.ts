import { type NotificationData, notifications } from "@mantine/notifications";
import i18next from "i18next";

/** Say in a corner what was done, or what was not; its button to close it has a name. */
export function tell(what: NotificationData): void {
  notifications.show({ ...what, closeButtonProps: { "aria-label": i18next.t("app.closeNotice") } });
}
