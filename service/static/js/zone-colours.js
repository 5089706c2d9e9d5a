// Colours of drawn zones on a map and in its list.
// Twelve colours that stay apart side by side, also for most colour-blind eyes; then they repeat.
export const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#aa3377", "#b8860b", "#56a0d8", "#7a5195", "#8c564b", "#2f6f3e", "#d6457a", "#4d6a8a", "#6b8e23"];
export const colourOf = (number) => COLOURS[number % COLOURS.length];
