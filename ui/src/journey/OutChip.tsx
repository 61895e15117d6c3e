import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo, useContext, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../app/format";
import { Leave } from "../components/icons";
import classes from "./canvas.module.css";
import { NumbersContext } from "./numbersContext";
import type { CardData } from "./StepCard";

/** Where people drop out by a branch of a step, and how many did. */
function Chip({ data }: NodeProps & { data: CardData }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const { step, mark, show } = data;
  const from = String(step.settings.step);
  const numbers = useContext(NumbersContext);
  const left = useSyncExternalStore(numbers.subscribe, () => numbers.out(from));
  const words = (
    <span className={classes.outWords}>
      {left === undefined ? t("kind.out") : t("step.left", { count: left, n: number(left) })}
    </span>
  );
  return (
    <div className={classes.out} data-out={from} data-mark={mark}>
      <Handle type="target" position={Position.Top} className={classes.handle} isConnectable={false} />
      <Leave size={16} aria-hidden />
      {show && left ? (
        <button
          type="button"
          className={`${classes.here} nodrag nopan`}
          title={t("step.leftMeans")}
          onClick={() => show(from, "dropped_out")}
        >
          {words}
        </button>
      ) : (
        words
      )}
      {mark !== "same" && (
        <span className={classes.mark} data-mark={mark}>
          {t(`plan.sign.${mark}`)} {t(`plan.mark.${mark}`)}
        </span>
      )}
    </div>
  );
}

export const OutChip = memo(Chip);
