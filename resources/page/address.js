// The address of the page keeps what is seen, after `#`: filters, photo and the part of the map.

class Address {
  constructor(state) {
    this.state = state;
    this.due = 0;
  }

  read() {
    return new URLSearchParams(location.hash.slice(1));
  }

  // Browsers limit how often an address may change.
  keep() {
    clearTimeout(this.due);
    this.due = setTimeout(() => history.replaceState(null, "", `#${new URLSearchParams(this.state())}`), 300);
  }
}
