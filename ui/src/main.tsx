import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./app/app.css";
import { createRoot } from "react-dom/client";
import { App, begin } from "./app/App";
import { bringFocusBack } from "./app/focus";
import { startTexts } from "./app/texts";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
begin();
bringFocusBack();
startTexts().then(() => createRoot(root).render(<App />));
