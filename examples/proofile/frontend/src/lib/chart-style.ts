/** Colours and text of all charts; each colour has at least 3:1 on white. */
export const CHART_COLOURS = { primary: "#0b5d57", second: "#b0651a", third: "#4a6fa5", grid: "#e2dfd6" };

export const CHART_TICK = { fill: "#46545c", fontSize: 13 };

/** Recharts warns about a container that has no size yet. */
export const FIRST_SIZE = { width: 320, height: 260 };
