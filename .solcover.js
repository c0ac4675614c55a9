module.exports = {
  skipFiles: ["mocks"],
  istanbulReporter: ["json", "html", "text-summary"],
  // Without the optimizer the stack of the larger functions is too deep; this keeps stack allocation alone.
  configureYulOptimizer: true,
};
