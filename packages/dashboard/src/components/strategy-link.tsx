import { Link } from '@tanstack/react-router'

/** A strategy by its id, which opens its page. */
export function StrategyLink({ id }: { id: string }) {
  return (
    <Link to="/strategies/$id" params={{ id }} className="text-accent underline">
      {id}
    </Link>
  )
}
