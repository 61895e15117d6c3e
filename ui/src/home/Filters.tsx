import { Button, MultiSelect, SegmentedControl, Select, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type JourneyFilter, useFacets } from "../api/queries";
import type { Status } from "../api/types";
import { useFormat } from "../app/format";
import { Search } from "../components/icons";
import classes from "./home.module.css";

const STATUSES: readonly Status[] = ["draft", "live", "paused", "closed", "stopped", "finished"];
const SORTS = ["name", "changed", "entered", "inside", "completed", "success_rate"] as const;

export type HomeSearch = JourneyFilter & { view?: "tiles" };

/** What the list is filtered by, in which order, and how it is shown; all of it stands in the address. */
export function Filters({
  search,
  change,
  type,
}: {
  search: HomeSearch;
  change: (part: Partial<HomeSearch>) => void;
  type: (text: string) => void;
}) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const facets = useFacets().data;
  const [open, setOpen] = useState(false); // where the screen is narrow
  const { status, folder, tag, owner, problems } = search;
  const chosen = [status?.length, folder, tag?.length, owner, problems].filter(Boolean).length;
  return (
    <search className={classes.filters}>
      <TextInput
        label={t("home.search")}
        leftSection={<Search size={16} />}
        defaultValue={search.search ?? ""}
        onChange={(event) => type(event.currentTarget.value)}
        type="search"
      />
      <Button hiddenFrom="sm" variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
        {chosen ? t("home.filtersChosen", { n: number(chosen) }) : t("home.filters")}
      </Button>
      <div className={classes.more} data-open={open || undefined}>
        <MultiSelect
          label={t("home.status")}
          data={STATUSES.map((value) => ({ value, label: t(`status.${value}.label`) }))}
          value={search.status ?? []}
          onChange={(value) => change({ status: value as Status[] })}
          clearable
          placeholder={search.status?.length ? undefined : t("home.any")}
        />
        <Select
          label={t("home.folder")}
          data={
            facets?.folders
              .filter((one) => one.name)
              .map((one) => ({ value: one.name, label: `${one.name} (${number(one.journeys)})` })) ?? []
          }
          value={search.folder ?? null}
          onChange={(value) => change({ folder: value ?? undefined })}
          clearable
          placeholder={t("home.any")}
        />
        <MultiSelect
          label={t("home.tags")}
          data={facets?.tags.map((one) => one.name) ?? []}
          value={search.tag ?? []}
          onChange={(value) => change({ tag: value })}
          clearable
          placeholder={search.tag?.length ? undefined : t("home.any")}
        />
        {(facets?.owners.length ?? 0) > 0 && (
          <Select
            label={t("home.owner")}
            data={
              facets?.owners.map((one) => ({
                value: one.name,
                label: `${one.name} (${number(one.journeys)})`,
              })) ?? []
            }
            value={search.owner ?? null}
            onChange={(value) => change({ owner: value ?? undefined })}
            clearable
            clearButtonProps={{ "aria-label": t("home.clearOwner") }}
            placeholder={t("home.any")}
          />
        )}
        <Select
          label={t("home.sort")}
          data={SORTS.map((value) => ({ value, label: t(`home.sorts.${value}`) }))}
          value={search.sort ?? "name"}
          onChange={(value) => change({ sort: value as HomeSearch["sort"] })}
          allowDeselect={false}
        />
        <Switch
          label={t("home.onlyProblems")}
          checked={search.problems ?? false}
          onChange={(event) => change({ problems: event.currentTarget.checked || undefined })}
          mb={8}
        />
        <SegmentedControl
          aria-label={t("home.view")}
          data={[
            { value: "list", label: t("home.list") },
            { value: "tiles", label: t("home.tiles") },
          ]}
          value={search.view ?? "list"}
          onChange={(value) => change({ view: value === "tiles" ? "tiles" : undefined })}
        />
      </div>
    </search>
  );
}
