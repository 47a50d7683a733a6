// Draws each plot when it comes into view, all of them before printing; switches between light and dark.
(() => {
  const plots = JSON.parse(document.getElementById("plots").textContent);
  const options = { responsive: true, displaylogo: false, displayModeBar: false };
  const draw = (id) => {
    const plot = plots[id];
    if (!plot) return;
    delete plots[id];
    Plotly.newPlot(id, plot.data, plot.layout, options);
  };
  const drawn = () => document.querySelectorAll(".plot.js-plotly-plot");
  if (window.Plotly) {
    const watcher = new IntersectionObserver(
      (seen) => seen.filter((entry) => entry.isIntersecting).forEach((entry) => draw(entry.target.id)),
      { rootMargin: "600px" },
    );
    document.querySelectorAll(".plot").forEach((place) => watcher.observe(place));
    document.querySelectorAll("details").forEach((part) =>
      part.addEventListener("toggle", () => drawn().forEach((place) => Plotly.Plots.resize(place))));
  }
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((part) => { part.open = true; });
    Object.keys(plots).forEach(draw);
    drawn().forEach((place) => Plotly.relayout(place, { width: Math.min(place.clientWidth, 680) }));
  });
  window.addEventListener("afterprint", () => drawn().forEach((place) => Plotly.relayout(place, { width: null })));
  const root = document.documentElement;
  document.getElementById("scheme").addEventListener("click", () => {
    const dark = root.dataset.scheme
      ? root.dataset.scheme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.scheme = dark ? "light" : "dark";
  });
})();
