import { createContext } from "react";
import { Numbers } from "./numbers";

/** The numbers of what is drawn; cards and arrows listen to their own. */
export const NumbersContext = createContext(new Numbers());
