import {
  Alert,
  Anchor,
  Button,
  Group,
  List,
  Radio,
  Skeleton,
  Stack,
  Text,
  Textarea,
  Title,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, Refused } from "../api/client";
import { useGive, useMe, useVersion } from "../api/queries";
import { has, type JourneyDetail } from "../api/types";
import { useFormat } from "../app/format";
import { type Back, Backfill, startsByEvent } from "../components/Backfill";
import { ComingHours } from "../components/ComingHours";
import { legal, SIGNS } from "../components/commands";
import { Alert as Sign } from "../components/icons";
import { Trouble, useWords } from "../components/Trouble";
import { draw } from "../journey/model";
import { Numbers } from "../journey/numbers";
import { AtOnce, Becomes } from "./Becomes";
import { Changes } from "./Changes";
import { compare, type Mark } from "./difference";
import { Groups } from "./Groups";
import { notesOf, type Told } from "./notes";
import { type Answers, groupsOf, orderOf, type People, usePlan } from "./plan";
import classes from "./plan.module.css";

const Canvas = lazy(() => import("../journey/Canvas"));
const NO_NUMBERS = new Numbers();
const MARKS: readonly Mark[] = ["added", "changed", "removed"];

/** Before a version is published: what differs, whom it concerns, what is still to be answered, and the command. */
export function PlanOf({ journey, version }: { journey: JourneyDetail; version: number }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const key = journey.journey;
  const name = journey.name || key;
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { people?: People };
  const mayGive = has(useMe().data, "publisher");
  const former = journey.versions.find((one) => one.status !== "draft")?.version ?? null;
  const isPaused = journey.status === "paused" && legal(journey.actions).includes("resume");
  const inside = journey.versions.reduce((all, one) => all + one.inside, 0);
  const people: People = search.people ?? (isPaused ? "move" : "stay");
  const [answers, setAnswers] = useState<Answers>({});
  const [reason, setReason] = useState("");
  const [back, setBack] = useState<Back>(null);
  const [tried, setTried] = useState(false);
  const groupsAt = useRef<HTMLElement>(null);
  const order = useMemo(
    () => orderOf(key, people, answers, isPaused, back),
    [key, people, answers, isPaused, back],
  );
  const looked = usePlan(order, version, mayGive);
  const plan = looked.data?.plan ?? null;
  const after = useVersion(key, version);
  const before = useVersion(key, former);
  const drawn = useMemo(() => {
    if (!after.data || (former !== null && !before.data) || !plan) return null;
    const now = draw(after.data.definition);
    return { now, both: compare(before.data ? draw(before.data.definition) : now, now, plan.changes) };
  }, [after.data, before.data, former, plan]);
  const nameOf = useCallback(
    (step: string) => {
      if (step === "entry") return t("kind.entry");
      return drawn?.both.drawing.steps.find((one) => one.id === step)?.label || step;
    },
    [drawn, t],
  );
  const notes = useMemo(() => {
    const say = ({ is, n, step, come }: Told) => {
      const told = { count: n, n: number(n), step: step === undefined ? "" : nameOf(step) };
      if (is !== "here") return t(`plan.note.${is}`, told);
      const here = t("step.here", told);
      return come ? `${here} · ${t("plan.note.come", { count: come, n: number(come) })}` : here;
    };
    return new Map(
      [...(plan ? notesOf(plan) : [])].map(([id, one]) => [id, { text: say(one), tone: one.tone }]),
    );
  }, [plan, t, number, nameOf]);
  const preview = useQuery({
    queryKey: ["resume-preview", key],
    enabled: isPaused,
    queryFn: () => data(client.GET("/api/journeys/{key}/resume-preview", { params: { path: { key } } })),
  }).data;
  const groups = groupsOf(plan);
  const giving = useGive();
  const words = useWords();
  // One key for the same order, however often it is sent; another order has another one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew for each order
  const once = useMemo(() => crypto.randomUUID(), [order, reason]);
  const isMissing = groups.some((one) => one.needs_answer || one.kind_changed);
  const showMissing = () => {
    setTried(true);
    const place = groupsAt.current;
    place?.scrollIntoView({ block: "center" });
    place?.querySelector<HTMLElement>("[data-group]:not([data-done]) input")?.focus();
  };
  const confirm = async () => {
    if (isMissing) return showMissing();
    try {
      // Awaited here, not in callbacks of `mutate`: when it is done there is no plan any more, and this may be gone.
      await giving.mutateAsync({ order: { ...order, reason }, once });
    } catch (error) {
      if (error instanceof Refused && error.code === "answers_needed") setTried(true);
      void looked.refetch();
      return;
    }
    notifications.show({
      message: t(`command.${order.command as "publish" | "resume"}.done`, { name }),
      color: "teal",
      autoClose: 8000,
    });
    void navigate({ to: "/journeys/$key", params: { key } });
  };
  const isResume = order.command === "resume";
  const label = isResume ? t("plan.resumeWithChanges") : t("command.publish.label");
  const Mark = SIGNS[order.command];
  const refused = looked.data?.refused ?? null;
  // What is missing from a group is said there; everything else stands at the command.
  const isElsewhere =
    refused !== null && !(isMissing && (refused === "answers_needed" || refused === "kind_changed"));
  const errors = plan?.problems.filter((one) => one.severity === "error") ?? [];
  return (
    <Stack gap="md">
      <div>
        <Anchor component={Link} to={`/journeys/${key}` as never} size="sm">
          {t("plan.back", { name })}
        </Anchor>
        <Title order={1} size="h2" mt={4}>
          {t(isResume ? "plan.titleResume" : "plan.title", { name, version })}
        </Title>
        <Text c="dimmed">
          {former === null
            ? t("plan.first", { version })
            : t("plan.beside", {
                version,
                former,
                status: t(`status.${journey.status ?? "draft"}.label`).toLocaleLowerCase(),
                count: inside,
                n: number(inside),
              })}
        </Text>
      </div>
      {looked.isError && <Trouble error={looked.error} again={() => looked.refetch()} />}
      <div className={classes.page}>
        <Stack gap="lg">
          {looked.isPending && <Skeleton h={240} aria-label={t("app.loading")} />}
          {inside > 0 && former !== null && (
            <Radio.Group
              label={t("publish.people")}
              value={people}
              onChange={(value) => {
                setTried(false);
                void navigate({ search: { people: value } as never, replace: true } as never);
              }}
            >
              <Stack gap={8} mt={6}>
                <Radio value="stay" label={t("publish.stay")} description={t("plan.stayMeans", { former })} />
                <Radio
                  value="move"
                  label={t("publish.move")}
                  description={t(isPaused ? "plan.resumeMeans" : "plan.moveMeans", { version })}
                />
              </Stack>
            </Radio.Group>
          )}
          {groups.length > 0 && drawn && (
            <section ref={groupsAt} aria-labelledby="plan-groups">
              <Title order={2} size="h4" id="plan-groups" mb="xs">
                {t("plan.groups", { count: groups.length })}
              </Title>
              <Groups
                groups={groups}
                nameOf={nameOf}
                steps={drawn.now.steps}
                answers={answers}
                answer={(step, to) =>
                  setAnswers((given) => {
                    const { [step]: _, ...others } = given;
                    return to === null ? others : { ...others, [step]: to };
                  })
                }
                tried={tried}
                mayGive={mayGive}
              />
            </section>
          )}
          {plan && former !== null && (
            <section aria-labelledby="plan-changes">
              <Title order={2} size="h4" id="plan-changes" mb="xs">
                {t("plan.changes", { former, version })}
              </Title>
              <Changes changes={plan.changes} nameOf={nameOf} />
            </section>
          )}
          {plan?.people === "move" && plan.inside > 0 && (
            <>
              <section aria-labelledby="plan-becomes">
                <Title order={2} size="h4" id="plan-becomes" mb="xs">
                  {t("plan.becomesTitle", { count: plan.inside, n: number(plan.inside) })}
                </Title>
                <Becomes plan={plan} nameOf={nameOf} />
              </section>
              <section aria-labelledby="plan-once">
                <Title order={2} size="h4" id="plan-once" mb="xs">
                  {t(isResume ? "plan.atOnce.titleResume" : "plan.atOnce.title")}
                </Title>
                <AtOnce plan={plan} resumes={isResume} rate={preview?.[0]?.catch_up ?? null} />
                <ComingHours rows={plan.later} hours={plan.hours} nameOf={nameOf} />
              </section>
            </>
          )}
          {plan?.people === "stay" && plan.inside > 0 && (
            <section aria-labelledby="plan-stay">
              <Title order={2} size="h4" id="plan-stay" mb="xs">
                {t("plan.stayTitle", { count: plan.inside, n: number(plan.inside) })}
              </Title>
              <Becomes plan={plan} nameOf={nameOf} />
              <List size="sm" mt="sm">
                {plan.versions
                  .filter((one) => one.inside > 0)
                  .map((one) => (
                    <List.Item key={one.version}>
                      {t(one.status === "paused" ? "plan.staysPaused" : "plan.stays", {
                        count: one.inside,
                        n: number(one.inside),
                        version: one.version,
                      })}
                    </List.Item>
                  ))}
              </List>
            </section>
          )}
          {mayGive && startsByEvent(after.data?.definition) && (
            <Backfill
              value={back}
              change={setBack}
              count={looked.isPlaceholderData ? undefined : looked.data?.backfill}
            />
          )}
          {errors.length > 0 && (
            <Alert
              color="red"
              variant="light"
              icon={<Sign />}
              title={t("plan.errors", { count: errors.length })}
            >
              <List size="sm">
                {errors.map((one) => (
                  <List.Item key={one.code + one.place}>
                    {one.step_id !== null && <strong>{nameOf(one.step_id)}: </strong>}
                    {one.message} {one.hint}
                  </List.Item>
                ))}
              </List>
            </Alert>
          )}
          {isElsewhere && errors.length === 0 && (
            <Alert color="orange" variant="light" icon={<Sign />} title={looked.data?.message}>
              {looked.data?.hint}
            </Alert>
          )}
          {(looked.data?.warnings ?? []).length > 0 && (
            <Alert color="yellow" variant="light" title={t("dialog.breaks")}>
              <List size="sm">
                {looked.data?.warnings.map((one) => (
                  <List.Item key={one}>{one}</List.Item>
                ))}
              </List>
            </Alert>
          )}
          {plan && !mayGive && <Text c="dimmed">{t("switch.mayNot")}</Text>}
          {plan && mayGive && (
            <Stack gap="sm">
              <Textarea
                label={t("dialog.reason")}
                description={t("dialog.reasonMeans")}
                autosize
                minRows={1}
                maxLength={1000}
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
              />
              {giving.isError && (
                <Alert
                  color="red"
                  variant="light"
                  icon={<Sign />}
                  title={words(giving.error).said}
                  role="alert"
                >
                  {words(giving.error).hint}
                </Alert>
              )}
              <Group justify="flex-end">
                <Button variant="default" component={Link} to={`/journeys/${key}` as never}>
                  {t("dialog.cancel")}
                </Button>
                <Button
                  leftSection={<Mark size={16} />}
                  loading={giving.isPending}
                  disabled={isElsewhere}
                  onClick={() => void confirm()}
                >
                  {label}
                </Button>
              </Group>
            </Stack>
          )}
        </Stack>
        {drawn && plan ? (
          <div className={classes.drawing}>
            <Suspense fallback={<Skeleton h={480} />}>
              <Canvas
                drawing={drawn.both.drawing}
                marks={drawn.both}
                numbers={NO_NUMBERS}
                notes={notes}
                problems={plan.problems}
              />
            </Suspense>
            <div className={classes.legend}>
              {MARKS.map((mark) => (
                <span key={mark} className={classes.mark} data-mark={mark}>
                  {t(`plan.sign.${mark as "added"}`)} {t(`plan.mark.${mark as "added"}`)}
                </span>
              ))}
            </div>
          </div>
        ) : (
          <Skeleton h={480} />
        )}
      </div>
    </Stack>
  );
}
