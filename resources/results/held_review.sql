-- Which localization holds: the row of `reviews` whose localization holds for the photo p. It is the last one decided on
-- since the photo was located; a decision without a localization leaves standing what was held before. NULL: the
-- engine's own answer, photos.localization, holds. Engine and plugin both put this into their statements.
(SELECT max(decided.fid) FROM reviews decided
    WHERE decided.photo = p.photo AND decided.localization IS NOT NULL AND decided.reviewed_at >= p.located_at)
