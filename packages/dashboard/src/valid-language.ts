// A browser started in the locale C or POSIX calls its language "en-US@posix", which is no language tag. uPlot formats numbers in it
// as soon as it is loaded, so this comes before it.
try {
  Intl.getCanonicalLocales(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true })
}
