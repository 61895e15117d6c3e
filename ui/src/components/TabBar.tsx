import { Select, Tabs } from "@mantine/core";

interface Props {
  /** What they are parts of, for who hears it. */
  label: string;
  tabs: readonly { value: string; label: string }[];
  value: string;
  show: (value: string | null) => void;
}

/** The tabs of a page. On a phone more than two would be several rows: there they are one list to choose from. */
export function TabBar({ label, tabs, value, show }: Props) {
  const isList = tabs.length > 2;
  return (
    <>
      {isList && (
        <Select
          hiddenFrom="sm"
          mb="lg"
          aria-label={label}
          data={tabs}
          value={value}
          onChange={show}
          allowDeselect={false}
        />
      )}
      <Tabs.List mb="lg" visibleFrom={isList ? "sm" : undefined}>
        {tabs.map((one) => (
          <Tabs.Tab key={one.value} value={one.value}>
            {one.label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </>
  );
}
