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
  },
});
