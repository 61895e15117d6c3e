declare module "@tabler/icons-react/dist/esm/icons/*" {
  import type { TablerIcon } from "@tabler/icons-react";

  const icon: TablerIcon;
  export default icon;
}
