const OVER = "[data-portal]"; // dialogs lie there, beside the page
const PASSING = `${OVER}, [data-menu-dropdown], [role=listbox]`; // nothing to come back to
const DIALOG = "[role=dialog]";

/**
 * When a dialog has gone, the focus goes back to what it was opened from; where that has gone too, to the content of
 * the page. Dialogs here are taken away as a whole, and who works by keyboard would start again at the top.
 */
export function bringFocusBack(): void {
  let last: HTMLElement | null = null;
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && !target.closest(PASSING)) last = target;
  });
  const has = (node: Node, what: string) =>
    node instanceof Element && (node.matches(what) || !!node.querySelector(what));
  const watch = new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes)
      if (target === document.body)
        for (const node of addedNodes) if (has(node, OVER)) watch.observe(node, { childList: true });
    const isClosed = changes.some(({ removedNodes }) => [...removedNodes].some((node) => has(node, DIALOG)));
    if (!isClosed || document.activeElement !== document.body || document.querySelector(DIALOG)) return;
    (last?.isConnected ? last : document.getElementById("content"))?.focus({ preventScroll: true });
  });
  watch.observe(document.body, { childList: true });
  for (const node of document.querySelectorAll(`body > ${OVER}`)) watch.observe(node, { childList: true });
}
