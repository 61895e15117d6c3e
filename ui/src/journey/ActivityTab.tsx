import { Audit } from "../app/Activity";
import { useShown } from "./JourneyPage";

export default function ActivityTab() {
  return <Audit journey={useShown().journey.journey} />;
}
