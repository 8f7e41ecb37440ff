SELECT r.id AS id,
       u.code AS unit,
       r.reporter AS reporter,
       r.request AS request,
       r.n_figures AS n_figures,
       r.digest AS digest,
       r.stored_at AS stored_at
