export { quoteAsset } from '@spark/core/market/quote-asset'
