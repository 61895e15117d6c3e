import { createTheme, type MantineColorsTuple } from "@mantine/core";

const sea: MantineColorsTuple = [
  "#e8f6f5",
  "#cfeae8",
  "#9fd5d1",
  "#6cbfb9",
  "#45aca5",
  "#2b9f98",
  "#1a8c86",
  "#0f7a75",
  "#0b6863",
  "#06504c",
];

const CONTENT = "#content";
/** The list itself scrolls (app.css), by the keys of its field: no box in between that would need the focus. */
const LIST = { withScrollArea: false };
/** Of words that warn of something grave, on the page and on what opens over it. */
export const GRAVE = "light-dark(#b3261e, #ff9c94)";

/** Shades are chosen so that text on them passes WCAG AA in light and in dark. */
export const theme = createTheme({
  primaryColor: "sea",
  colors: { sea },
  primaryShade: { light: 8, dark: 7 },
  defaultRadius: "md",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  headings: { fontWeight: "650" },
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    // The page has one banner; a dialog's head is none.
    ModalHeader: { defaultProps: { component: "div" } },
    DrawerHeader: { defaultProps: { component: "div" } },
    // What opens over the page belongs to its content, also for who goes from landmark to landmark.
    Popover: { defaultProps: { portalProps: { target: CONTENT } } },
    Tooltip: { defaultProps: { portalProps: { target: CONTENT } } },
    // The first command has the focus, and nothing stands in the menu that is none.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Select: { defaultProps: LIST },
    MultiSelect: { defaultProps: LIST },
    Autocomplete: { defaultProps: LIST },
    TagsInput: { defaultProps: LIST },
  },
});
