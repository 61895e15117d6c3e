import { Notifications } from "@mantine/notifications";

/** What has happened, told at the edge of the page. */
export function Messages() {
  return <Notifications position="bottom-right" />;
}
