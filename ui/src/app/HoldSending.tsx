import { Button, type ButtonProps } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSending } from "../api/queries";
import { Mail } from "../components/icons";
import { useLater } from "../components/later";

const load = async () => (await import("./HoldDialog")).HoldDialog;

/** The switch over every journey: nothing leaves the house until it is released. On a phone it is in the menu. */
export function HoldSending(shown: Pick<ButtonProps, "visibleFrom" | "hiddenFrom" | "mt">) {
  const { t } = useTranslation();
  const held = (useSending().data?.held ?? null) !== null;
  // What the dialog asks stays as it was when it was opened, whatever becomes of it meanwhile.
  const [asked, setAsked] = useState<boolean | null>(null);
  const HoldDialog = useLater(load);
  return (
    <>
      <Button
        size="compact-sm"
        variant={held ? "filled" : "default"}
        color={held ? "#a63c06" : undefined}
        leftSection={<Mail size={16} />}
        onClick={() => setAsked(held)}
        {...shown}
      >
        {t(`sending.${held ? "release" : "hold"}`)}
      </Button>
      {asked !== null && HoldDialog && <HoldDialog held={asked} close={() => setAsked(null)} />}
    </>
  );
}
