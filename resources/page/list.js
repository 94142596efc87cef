// The list of photos. Only the rows in sight exist; a list of 100,000 has as many elements as one of 30.

class List {
  constructor(catalogue, choose) {
    this.catalogue = catalogue;
    this.rows = new Uint32Array(0);
    this.chosen = -1;
    this.box = byId("list");
    this.inner = byId("rows");
    this.elements = [];
    this.choose = choose;
    this.box.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.box);
    this.inner.addEventListener("click", (event) => {
      const element = event.target.closest(".photo-row");
      if (element) choose(this.rows[Number(element.dataset.at)]);
    });
  }

  // 3rem of page.css; it follows the size of text that the reader has set.
  height() {
    return 3 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  show(rows) {
    this.rows = rows;
    this.draw();
  }

  place(row) {
    return this.rows.indexOf(row);
  }

  mark(row) {
    this.chosen = row;
    const at = row < 0 ? -1 : this.place(row);
    if (at >= 0) {
      const height = this.height();
      const { scrollTop, clientHeight } = this.box;
      if (at * height < scrollTop) this.box.scrollTop = at * height;
      if ((at + 1) * height > scrollTop + clientHeight) this.box.scrollTop = (at + 1) * height - clientHeight;
    }
    this.draw();
  }

  draw() {
    const height = this.height();
    this.inner.style.height = `${Math.max(1, this.rows.length) * height}px`;
    const first = Math.max(0, Math.floor(this.box.scrollTop / height) - 2);
    const count = Math.max(0, Math.min(this.rows.length - first, Math.ceil(this.box.clientHeight / height) + 4));
    while (this.elements.length < count) this.elements.push(this.make());
    this.elements.forEach((element, i) => {
      element.hidden = i >= count;
      if (i < count) this.fill(element, first + i, height);
    });
    const seen = this.chosen >= 0 && this.elements.find((one) => !one.hidden && one.getAttribute("aria-selected") === "true");
    if (seen) this.box.setAttribute("aria-activedescendant", seen.id);
    else this.box.removeAttribute("aria-activedescendant");
    if (!this.rows.length && !this.empty) this.inner.append(this.empty = make("p", { class: "empty" }, "No photo passes the filters."));
    if (this.empty) this.empty.hidden = this.rows.length > 0;
  }

  make() {
    const element = make("div", { class: "photo-row", role: "option", id: `row-${this.elements.length}` },
      make("span", { class: "sign", "aria-hidden": "true" }), make("span", { class: "name" }), make("span"), make("span", { class: "sub" }));
    this.inner.append(element);
    return element;
  }

  fill(element, at, height) {
    const { catalogue } = this;
    const row = this.rows[at];
    element.style.transform = `translateY(${at * height}px)`;
    element.setAttribute("aria-selected", row === this.chosen);
    element.setAttribute("aria-setsize", this.rows.length);
    element.setAttribute("aria-posinset", at + 1);
    element.dataset.at = at;
    if (element.dataset.row === String(row)) return;
    element.dataset.row = row;
    const [sign, name, share, sub] = element.children;
    sign.className = `sign ${signOf(catalogue, row)}`;
    name.textContent = words.name(catalogue, row);
    name.title = catalogue.photo[row];
    share.textContent = catalogue.rings[row] ? words.percent(catalogue.confidence[row]) : "";
    const time = words.time(catalogue.taken_at[row]);
    sub.textContent = [words.status(catalogue, catalogue.status[row]), time, catalogue.camera[row]].filter(Boolean).join(" · ");
  }
}
