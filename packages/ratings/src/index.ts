export { label, type RatingLabel } from './label.ts'
