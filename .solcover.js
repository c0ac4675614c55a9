module.exports = {
  skipFiles: ["mocks"],
  istanbulReporter: ["json", "html", "text-summary"],
  // Without the optimizer the stack of the larger functions is too deep; this keeps stack allocation alone.
  configureYulOptimizer: true,
  // The re-entrancy guard would count as a branch of every verb; the attack tests enter each of them twice.
  modifierWhitelist: ["nonReentrant"],
};
