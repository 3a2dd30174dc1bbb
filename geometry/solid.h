/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_GEOMETRY_SOLID_H
#define GRAFT_GEOMETRY_SOLID_H

/** @file solid.h
 *  Tetrahedra, straight (order 1) or isoparametric (order 2), made by extruding triangles.
 *
 *  Nodes of an element: vertices 0–3, positively oriented, then for order 2 the mid-edge nodes of
 *  01, 02, 03, 12, 13, 23. Nodes of a face: vertices 0–2, counter-clockwise seen from outside, then
 *  mid-edge nodes of 01, 12, 20. Shape functions in barycentric coordinates λ: λi for order 1;
 *  λi(2λi − 1) and 4λiλj for order 2.
 *
 *  The map of an extruded element is that of its triangle times a linear one in z: points are found
 *  by finding them in the triangle mesh. */

#include "geometry/mesh.h"

/** Tags of faces that no edge of the triangle mesh tags. */
enum {
  GRAFT_SOLID_TOP = -1,    /**< upper end */
  GRAFT_SOLID_BOTTOM = -2, /**< lower end of layer 0 */
  GRAFT_SOLID_STEP = -3,   /**< lower end of triangles that begin higher, and the walls between */
};

/** A mesh of tetrahedra; caller's struct, arrays owned by it. */
typedef struct graft_solid {
  int order;       /**< 1 or 2 */
  size_t nodes;    /**< every node belongs to an element */
  double *xyz;     /**< [nodes x 3] */
  size_t elements; /**< tetrahedra, all positively oriented */
  int *element;    /**< [elements x 4 or 10] */
  size_t faces;    /**< element faces on the surface */
  int *face;       /**< [faces x 3 or 6] */
  int *face_tag;   /**< [faces] tag of the extruded edge, or one of the above */
  size_t layers;   /**< L */
  double *z;       /**< [L + 1] levels between layers, ascending */
  size_t *first; /**< [triangles + 1] first element of a triangle's column: layer after layer, three
                      elements each */
  int *layer;    /**< [triangles] lowest layer of a triangle's column */
} graft_solid;

/** Extrude a triangle mesh.
 *
 *  The prism over a triangle with vertices a < b < c (numbers of nodes) is cut into (a b c c'),
 *  (a b b' c'), (a a' b' c'), dashes above: the wall over an edge is cut from its smaller node
 * below to its larger node above, on both sides the same.
 *  @param base order 1 or 2
 *  @param layer [base->elements] lowest layer over each triangle, or NULL: 0 everywhere
 *  @param layers L ≥ 1
 *  @param z [L + 1] ascending
 *  @param solid uninitialised; on success release with graft_solid_fini()
 *  @return GRAFT_USAGE if there are too many nodes for an int
 *  Cost: O(elements). */
GRAFT_MUST_USE graft_status graft_solid_extrude(const graft_mesh *base, const int *layer,
                                                size_t layers, const double *z, graft_solid *solid);

/** Release the arrays. */
void graft_solid_fini(graft_solid *solid);

/** Nodes per element: 4 or 10. */
size_t graft_solid_element_nodes(const graft_solid *solid);

/** Nodes per face: 3 or 6. */
size_t graft_solid_face_nodes(const graft_solid *solid);

/** Shape functions of the tetrahedron.
 *  @param order 1 or 2
 *  @param reference [3] (λ1, λ2, λ3)
 *  @param value [4 or 10] receives the values; may be NULL
 *  @param gradient [4 or 10 x 3] receives the derivatives by reference; may be NULL */
void graft_tetrahedron_basis(int order, const double *reference, double *value, double *gradient);

/** Element over a point of a triangle.
 *  @param base the triangle mesh that was extruded
 *  @param triangle, place triangle and reference point [2], from graft_mesh_locate()
 *  @param z height; below or above the column: its end is taken
 *  @param reference [3] receives (λ1, λ2, λ3) in the closed reference tetrahedron
 *  @return the element */
size_t graft_solid_locate(const graft_solid *solid, const graft_mesh *base, int triangle,
                          const double *place, double z, double *reference);

#endif
