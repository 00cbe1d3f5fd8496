// Jaeger's routes. The big pages load on demand; links to pages that do not exist yet open and say so.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { basePath } from '../base/base-path.ts'
import { formatQueryString, parseQueryString } from '../base/search-url.ts'
import { Layout } from './layout.tsx'
import { ErrorMessage, Loading, NotFoundPage, NotYetPage } from '../widgets/message.tsx'

export function makeRouter() {
  const root = createRootRoute({ component: Layout, notFoundComponent: NotFoundPage })
  const home = createRoute({
    getParentRoute: () => root,
    path: '/',
    beforeLoad: () => {
      // The router's own way to leave; what it throws is a Response.
      // oxlint-disable-next-line typescript/only-throw-error
      throw redirect({ to: '/search', replace: true })
    },
  })
  const search = createRoute({
    getParentRoute: () => root,
    path: '/search',
    component: lazyRouteComponent(() => import('../features/search/search-page.tsx'), 'SearchPage'),
  })
  const trace = createRoute({
    getParentRoute: () => root,
    path: '/trace/$traceId',
    component: lazyRouteComponent(() => import('../features/trace/trace-page.tsx'), 'TracePage'),
  })
  const dependencies = createRoute({
    getParentRoute: () => root,
    path: '/dependencies',
    component: lazyRouteComponent(() => import('../features/dependencies/dependencies-page.tsx'), 'DependenciesPage'),
  })
  const later = ([path, what]: readonly [string, string]) =>
    createRoute({ getParentRoute: () => root, path, component: () => <NotYetPage what={what} /> })
  const rest = (
    [
      ['/trace', 'Comparing traces'],
      ['/deep-dependencies', 'The deep system map'],
      ['/quality-metrics', 'Trace quality'],
      ['/monitor', 'The monitor'],
    ] as const
  ).map(later)
  return createRouter({
    routeTree: root.addChildren([home, search, trace, dependencies, ...rest]),
    basepath: basePath().replace(/\/$/, '') || '/',
    parseSearch: parseQueryString,
    stringifySearch: formatQueryString,
    defaultErrorComponent: ({ error, reset }) => <ErrorMessage error={error} retry={reset} />,
    defaultPendingComponent: () => <Loading what="Loading the page…" />,
    defaultPreload: false,
  })
}
