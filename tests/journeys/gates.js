/* Looks at the screen that is shown and says what is wrong with it. Read by test_screens_hold.py, run by the browser. */
(() => {
  const CONTROLS = 'a[href], button, input, select, textarea, [tabindex]:not([tabindex="-1"])';
  const visible = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    element.getBoundingClientRect().width > 1 &&
    !element.closest("[inert], .visually-hidden, .sr-only");
  const modal = () => [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
  const name = (element) => {
    const said = element.getAttribute("aria-label") ?? element.innerText ?? element.value ?? "";
    return `<${element.tagName.toLowerCase()} ${element.id || element.dataset.testid || ""}> "${said.trim().slice(0, 40)}"`;
  };
  /** Can the reader bring it into sight by scrolling something? */
  const scrolls = (element, axis) => {
    for (let up = element.parentElement; up; up = up.parentElement) {
      const style = getComputedStyle(up);
      const overflow = axis === "x" ? style.overflowX : style.overflowY;
      const more = axis === "x" ? up.scrollWidth > up.clientWidth : up.scrollHeight > up.clientHeight;
      if (more && (overflow === "auto" || overflow === "scroll")) return true;
      if (style.position === "fixed") return false;
    }
    return false;
  };

  const overflow = () => {
    const found = [];
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) found.push(`the page is ${wide} px wider than the screen`);
    for (const element of modal().querySelectorAll(CONTROLS)) {
      if (!visible(element)) continue;
      const { left, right, top, bottom } = element.getBoundingClientRect();
      if ((left < -1 || right > innerWidth + 1) && !scrolls(element, "x")) found.push(`${name(element)} lies beside the screen`);
      if ((top < -1 || bottom > innerHeight + 1) && !scrolls(element, "y")) found.push(`${name(element)} lies below the screen`);
      if (element.tagName === "BUTTON" || element.tagName === "A") {
        const inside = [element, ...element.querySelectorAll("*")].find((one) => {
          const style = getComputedStyle(one);
          return (
            one.checkVisibility() && !one.matches(".visually-hidden") && style.display !== "inline" &&
            one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1 &&
            style.overflowX !== "visible" && style.textOverflow !== "ellipsis"
          );
        });
        if (inside) found.push(`${name(element)} is cut off`);
      }
    }
    // Text that runs out of its box over its neighbours: nothing cuts it, nothing scrolls it.
    for (const element of modal().querySelectorAll("p, span, h1, h2, h3, td, th, strong, small, label, legend, dd, time")) {
      if (!visible(element) || element.children.length > 0 || !element.textContent.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(element);
      const { left, right } = range.getBoundingClientRect();
      let cut = element;
      while (cut && getComputedStyle(cut).overflowX === "visible") cut = cut.parentElement;
      const box = cut?.getBoundingClientRect() ?? { left: 0, right: innerWidth };
      if (right <= box.right + 1 && left >= box.left - 1) continue;
      // An ellipsis says that there is more; a wide table and a row of tabs are scrolled sideways on purpose.
      const style = cut && getComputedStyle(cut);
      const told = style?.textOverflow === "ellipsis" || style?.webkitLineClamp !== "none";
      const meant = cut?.matches("nav, [role=tablist], [role=group]") || cut?.querySelector(":scope > table");
      if (!told && !meant) found.push(`the text "${element.textContent.slice(0, 40)}" is cut`);
    }
    return found;
  };

  /** Everything that is read, by eyes or by a screen reader, apart from what customers and colleagues wrote. */
  const words = () => {
    const found = new Set();
    const root = document.body;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (parent.closest("script, style, kbd, option:not(:checked)") || !parent.checkVisibility()) continue;
      const text = walker.currentNode.data.trim();
      if (text) found.add(text);
    }
    for (const element of root.querySelectorAll("[aria-label], [title], [placeholder], [alt]"))
      for (const attribute of ["aria-label", "title", "placeholder", "alt"]) {
        const text = element.getAttribute(attribute)?.trim();
        if (text) found.add(text);
      }
    found.add(document.title);
    return [...found];
  };

  /** Notes what the Tab key brings, from now on. */
  let met = [];
  const startTabbing = () => {
    met = [];
    document.addEventListener("focusin", (event) => met.push([event.target, shown(event.target)]));
  };
  const stops = () =>
    [...modal().querySelectorAll(CONTROLS)].filter(
      (one) => visible(one) && !one.disabled && one.tabIndex >= 0 && !one.closest("fieldset[disabled]"),
    ).length;
  const shown = (element) => {
    for (let up = element, level = 0; up && level < 4; up = up.parentElement, level += 1) {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(up);
      if (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) return true;
      if (level > 0 && !up.matches(":focus-within")) continue;
      if (boxShadow !== "none") return true;
    }
    return false;
  };
  const tabbed = () => {
    const reached = new Set(met.map(([element]) => element));
    // Radio buttons of one name are one stop: arrows go from one to the next.
    const groups = new Set(met.filter(([element]) => element.type === "radio" && element.name).map(([{ form, name }]) => `${form?.id} ${name}`));
    const inGroup = (one) => one.type === "radio" && groups.has(`${one.form?.id} ${one.name}`);
    const stops = [...modal().querySelectorAll(CONTROLS)].filter((one) => visible(one) && !one.disabled && one.tabIndex >= 0);
    return [
      ...stops.filter((one) => !reached.has(one) && !inGroup(one)).map((one) => `Tab does not reach ${name(one)}`),
      ...new Set(met.filter(([, seen]) => !seen).map(([element]) => `the focus is not seen on ${name(element)}`)),
    ];
  };

  window.gates = { overflow, words, startTabbing, stops, tabbed };
})();
