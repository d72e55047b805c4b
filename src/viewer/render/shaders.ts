/**
 * Picture and mask in one pass.
 *
 * The mask is coarser than the picture. Around each fragment, 3 × 3 labels vote with the weights of a quadratic B-spline,
 * which turns the staircase of label borders into smooth curves without ever mixing two labels into a third. The margin m
 * between the two strongest labels is 0 on the border and 1 − (1 − d)² at d labels from a straight one, so that
 * d = 1 − √(1 − m): a distance good for antialiased fills and for outlines of a set width up to one label.
 */
export const VERTEX_SHADER = `#version 300 es
out vec2 uv;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
  uv = vec2(corner.x, 1.0 - corner.y);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

export const FRAGMENT_SHADER = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;

uniform sampler2D picture;
uniform usampler2D mask;
uniform sampler2D palette;
uniform sampler2D confidence;
uniform vec2 maskSize;
uniform float pixelsPerLabel;
uniform float fillOpacity;
uniform float outlineWidth;
uniform float rawUntil;
uniform bool heat;

in vec2 uv;
out vec4 color;

// The 3 × 3 labels around this fragment by row, and the spline's weights for them.
uvec3 above, level, below;
vec3 weightX, weightY;

uint labelAt(int x, int y) {
  return texelFetch(mask, ivec2(x, y), 0).r;
}

vec4 paletteOf(uint label) {
  return texelFetch(palette, ivec2(label, 0), 0);
}

// Unsure to sure: deep violet, red, amber, pale; drawn strongest where the network is unsure.
vec4 heatOf(float sure) {
  float doubt = clamp((1.0 - sure) * 1.25, 0.0, 1.0);
  vec3 low = vec3(0.16, 0.05, 0.35);
  vec3 middle = vec3(0.86, 0.22, 0.30);
  vec3 high = vec3(1.0, 0.93, 0.55);
  vec3 ramp = doubt < 0.5 ? mix(low, middle, doubt * 2.0) : mix(middle, high, doubt * 2.0 - 1.0);
  return vec4(ramp, mix(0.35, 0.95, doubt));
}

vec3 weightsOf(float f) {
  return vec3(0.5 * (1.0 - f) * (1.0 - f), 0.75 - (f - 0.5) * (f - 0.5), 0.5 * f * f);
}

// A label's share of the votes, 0–1.
float votesFor(uint label) {
  uvec3 wanted = uvec3(label);
  float high = dot(weightX, vec3(equal(above, wanted)));
  float middle = dot(weightX, vec3(equal(level, wanted)));
  float low = dot(weightX, vec3(equal(below, wanted)));
  return dot(vec3(high, middle, low), weightY);
}

struct Ranking {
  uint first, second;
  float firstVotes, secondVotes;
};

void rank(inout Ranking ranking, uint label) {
  if (label == ranking.first || label == ranking.second) return;
  float votes = votesFor(label);
  if (votes > ranking.firstVotes) {
    ranking = Ranking(label, ranking.first, votes, ranking.firstVotes);
  } else if (votes > ranking.secondVotes) {
    ranking.second = label;
    ranking.secondVotes = votes;
  }
}

// Premultiplied colour of the overlay at this fragment.
vec4 overlay() {
  vec2 at = uv * maskSize;
  ivec2 cell = ivec2(at);
  ivec2 low = max(cell - 1, ivec2(0));
  ivec2 high = min(cell + 1, ivec2(maskSize) - 1);
  above = uvec3(labelAt(low.x, low.y), labelAt(cell.x, low.y), labelAt(high.x, low.y));
  level = uvec3(labelAt(low.x, cell.y), labelAt(cell.x, cell.y), labelAt(high.x, cell.y));
  below = uvec3(labelAt(low.x, high.y), labelAt(cell.x, high.y), labelAt(high.x, high.y));
  uint centre = level.y;
  uvec3 uniformRow = uvec3(centre);
  if (above == uniformRow && level == uniformRow && below == uniformRow) {
    vec4 fill = paletteOf(centre);
    return vec4(fill.rgb, 1.0) * fill.a * fillOpacity;
  }

  vec2 f = at - vec2(cell);
  weightX = weightsOf(f.x);
  weightY = weightsOf(f.y);
  Ranking ranking = Ranking(centre, centre, votesFor(centre), 0.0);
  rank(ranking, level.x);
  rank(ranking, level.z);
  rank(ranking, above.x);
  rank(ranking, above.y);
  rank(ranking, above.z);
  rank(ranking, below.x);
  rank(ranking, below.y);
  rank(ranking, below.z);

  float margin = clamp(ranking.firstVotes - ranking.secondVotes, 0.0, 1.0);
  float distance = (1.0 - sqrt(1.0 - margin)) * pixelsPerLabel;
  vec4 inner = paletteOf(ranking.first);
  vec4 outer = paletteOf(ranking.second);
  float line = clamp(outlineWidth - distance + 0.5, 0.0, 1.0) * step(0.001, outlineWidth);
  float innerAlpha = inner.a * mix(fillOpacity, 1.0, line);
  float outerAlpha = outer.a * mix(fillOpacity, 1.0, step(0.001, outlineWidth));
  float side = clamp(0.5 + distance, 0.0, 1.0);
  return mix(vec4(outer.rgb, 1.0) * outerAlpha, vec4(inner.rgb, 1.0) * innerAlpha, side);
}

void main() {
  vec3 base = texture(picture, uv).rgb;
  if (uv.x < rawUntil) {
    color = vec4(base, 1.0);
    return;
  }
  vec4 over = heat ? heatOf(texture(confidence, uv).r) : overlay();
  if (heat) over.rgb *= over.a;
  color = vec4(over.rgb + base * (1.0 - over.a), 1.0);
}`;
