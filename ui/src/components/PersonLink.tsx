import { Anchor, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";

/** Who it is, by name where one is known, with the way to what there is about that person. */
export function PersonLink({ to, userId, name }: { to: string; userId: string; name?: string | null }) {
  return (
    <>
      <Anchor component={Link} to={to as never} fw={600}>
        {name || userId}
      </Anchor>
      {name && (
        <Text size="xs" c="dimmed">
          {userId}
        </Text>
      )}
    </>
  );
}
